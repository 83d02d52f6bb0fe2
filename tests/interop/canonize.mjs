// Canonicalise documents with Digital Bazaar's jsonld in safe mode, for comparison with ours.
//
//   node tests/interop/canonize.mjs input.json
//   input.json: {"contexts": {address: file name in schemas/contexts}, "documents": [JSON-LD document, …]}
//
// Prints a list as long as the documents: the canonical N-Quads, or null where safe mode refuses.
import jsonld from 'jsonld';
import {readFileSync} from 'node:fs';

const {contexts, documents} = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const schemas = new URL('../../schemas/contexts/', import.meta.url);
const read = name => JSON.parse(readFileSync(new URL(name, schemas), 'utf8'));
const held = new Map(Object.entries(contexts).map(([url, name]) => [url, read(name)]));

async function documentLoader(url) {
  if(!held.has(url)) {
    throw new Error(`unknown context ${url}`);
  }
  return {contextUrl: null, documentUrl: url, document: held.get(url)};
}

const options = {
  algorithm: 'RDFC-1.0', format: 'application/n-quads', safe: true, base: null, documentLoader
};
const answers = [];
for(const document of documents) {
  answers.push(await jsonld.canonize(document, options).catch(() => null));
}
process.stdout.write(JSON.stringify(answers));
