// Reads one JSON string a line, and answers with what the npm package `yaml` makes of that text: {documents, errors}.
// A scalar is [0, text, kind, value], a list [1, members], a mapping [2, [[key, value], ...]].
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const YAML = (await import(pathToFileURL(`${process.argv[2]}/node_modules/yaml/dist/index.js`).href)).default;

// The schema is named, so that a %YAML 1.1 line does not bring back that version's words. Keys that come twice show when
// the trees are compared; here they would be looked for one by one, which takes minutes.
const OPTIONS = {
  version: "1.2", schema: "core", merge: false, strict: true, uniqueKeys: false,
  intAsBigInt: true, prettyErrors: false, logLevel: "error",
};

function textOf(scalar) {
  if (typeof scalar.source === "string") return scalar.source;
  return scalar.value === null || scalar.value === undefined ? "" : String(scalar.value);
}

function scalar(node) {
  const value = node.value;
  const text = textOf(node);
  if (value === null || value === undefined) return [0, text, "null", ""];
  switch (typeof value) {
    case "string": return [0, text, "str", value];
    case "bigint": return [0, text, "int", value.toString()];
    case "number": return [0, text, "float", Object.is(value, -0) ? "-0" : String(value)];
    case "boolean": return [0, text, "bool", String(value)];
    default: return [0, text, typeof value, String(value)];
  }
}

function plain(node, document) {
  if (node === null || node === undefined) return [0, "", "null", ""];
  if (YAML.isAlias(node)) return plain(node.resolve(document), document);
  if (YAML.isScalar(node)) return scalar(node);
  if (YAML.isSeq(node)) return [1, node.items.map((item) => YAML.isPair(item)
    ? [2, [[plain(item.key, document), plain(item.value, document)]]] : plain(item, document))];
  if (YAML.isMap(node)) return [2, node.items.map((pair) => [plain(pair.key, document), plain(pair.value, document)])];
  return [0, "", "unknown", String(node)];
}

for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  let answer;
  try {
    const documents = YAML.parseAllDocuments(JSON.parse(line), OPTIONS);
    const errors = documents.flatMap((one) => one.errors.map((error) => `${error.code}: ${error.message}`));
    answer = { documents: documents.map((one) => plain(one.contents, one)), errors };
  } catch (error) {
    answer = { documents: [], errors: [`THROWN: ${error.stack}`] };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
