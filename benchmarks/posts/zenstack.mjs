// ZenStack's client on the same rows: node zenstack.mjs FOLDER SOCKETS USER DATABASE
// FOLDER has the packages (see the README). Reads names of operations, answers each with a line of JSON.
import { mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';

const [, , folder, host, user, database] = process.argv;
const require = createRequire(join(folder, 'package.json'));
const load = (name) => import(pathToFileURL(require.resolve(name).replace(/\.cjs$/, '.mjs')));
const { loadDocument } = await load('@zenstackhq/language');
const { TsSchemaGenerator } = await load('@zenstackhq/sdk');
const { ZenStackClient } = await load('@zenstackhq/orm');
const { PolicyPlugin } = await load('@zenstackhq/plugin-policy');
const { PostgresDialect } = require('kysely');
const pg = require('pg');
const ts = require('typescript');

async function compiled() {
    const out = mkdtempSync(join(tmpdir(), 'zenstack-'));
    const file = join(dirname(fileURLToPath(import.meta.url)), 'schema.zmodel');
    const document = await loadDocument(file, [require.resolve('@zenstackhq/plugin-policy/plugin.zmodel')]);
    if (!document.success) throw new Error(document.errors.join('\n'));
    await new TsSchemaGenerator().generate(document.model, { outDir: out });
    const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ESNext };
    const { outputText } = ts.transpileModule(readFileSync(join(out, 'schema.ts'), 'utf8'), { compilerOptions });
    writeFileSync(join(out, 'schema.mjs'), outputText);
    symlinkSync(join(folder, 'node_modules'), join(out, 'node_modules'));
    return (await import(pathToFileURL(join(out, 'schema.mjs')))).schema;
}

const dialect = new PostgresDialect({ pool: new pg.Pool({ host, user, database }) });
const db = new ZenStackClient(await compiled(), { dialect }).$use(new PolicyPlugin()).$setAuth({ id: 7 });
const operations = {
    'a page of 20': [300, () => db.post.findMany({ take: 20, orderBy: { id: 'asc' } })],
    'one row': [300, () => db.post.findUnique({ where: { id: 7 } })],
    'the whole list': [20, () => db.post.findMany()],
};
for (const [times, run] of Object.values(operations)) for (let i = 0; i < times; i++) await run();
console.log('ready');

for await (const line of createInterface({ input: process.stdin })) {
    const [times, run] = operations[line.trim()];
    const taken = [];
    const before = process.cpuUsage();
    let rows = 0;
    for (let i = 0; i < times; i++) {
        const begun = process.hrtime.bigint();
        const found = await run();
        taken.push(Number(process.hrtime.bigint() - begun) / 1e6);
        rows = Array.isArray(found) ? found.length : 1;
    }
    const used = process.cpuUsage(before);
    taken.sort((a, b) => a - b);
    const cpu = (used.user + used.system) / 1000 / times;
    console.log(JSON.stringify({ least: taken[0], median: taken[times >> 1], cpu, rows }));
}
process.exit(0);
