// One line of JSON for each test: its name, whether it held, and what was wrong where it did not.

export default async function* report(source) {
  for await (const { type, data } of source) {
    if ((type !== "test:pass" && type !== "test:fail") || data.nesting > 0 || data.name.endsWith(".mjs")) continue;
    const error = data.details?.error?.cause ?? data.details?.error;
    const why = error instanceof Error ? error.stack : JSON.stringify(error) ?? "";
    yield JSON.stringify({ name: data.name, held: type === "test:pass", why }) + "\n";
  }
}
