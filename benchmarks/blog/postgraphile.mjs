// PostGraphile on the same database, as an application serves it: node postgraphile.mjs FOLDER DATABASE PORT POOL
// FOLDER has the packages (see the README); SECRET verifies the callers' tokens.
import { createRequire } from 'node:module';
import { createServer } from 'node:http';
import { join, resolve } from 'node:path';

const [, , folder, connectionString, port, max] = process.argv;
const require = createRequire(join(resolve(folder), 'package.json'));
const { postgraphile } = require('postgraphile');
const { grafserv } = require('postgraphile/grafserv/node');
const { makePgService } = require('postgraphile/adaptors/pg');
const { PostGraphileAmberPreset } = require('postgraphile/presets/amber');
const { makeV4Preset } = require('postgraphile/presets/v4');
const { PgSimplifyInflectionPreset } = require('@graphile/simplify-inflection');
const jwt = require('jsonwebtoken');

const v4 = makeV4Preset({ simpleCollections: 'both', disableDefaultMutations: true, dynamicJson: true });
const instance = postgraphile({
    extends: [PostGraphileAmberPreset, v4, PgSimplifyInflectionPreset],
    pgServices: [makePgService({ connectionString, schemas: ['blog'], poolConfig: { max: Number(max) } })],
    grafserv: { graphqlPath: '/graphql', graphiql: false },
    grafast: {
        context({ node }) {
            const bearer = node?.req?.headers?.authorization;
            const claims = bearer ? jwt.verify(bearer.slice('Bearer '.length), process.env.SECRET) : {};
            return {
                pgSettings: {
                    role: claims.role ?? 'anon',
                    'request.jwt.claim': JSON.stringify(claims),
                    'request.jwt.claim.sub': claims.sub,
                    'request.jwt.claim.aud': claims.aud,
                    'request.jwt.claim.email': claims.email,
                },
            };
        },
    },
});
const server = createServer();
await instance.createServ(grafserv).addTo(server);
await instance.getSchema();
server.listen(Number(port), '127.0.0.1');
