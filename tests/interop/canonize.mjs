// Canonicalise documents with Digital Bazaar's jsonld in safe mode, for comparison with ours.
//
//   node tests/interop/canonize.mjs documents.json     (a list of JSON-LD documents)
//
// Prints a list of the same length: the canonical N-Quads, or null where safe mode refuses.
import jsonld from 'jsonld';
import {readFileSync} from 'node:fs';

const schemas = new URL('../../schemas/contexts/', import.meta.url);
const pinned = {
  'https://www.w3.org/ns/credentials/v2': 'credentials-v2.json',
  'https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json': 'ob-v3p0-context-3.0.3.json',
  'https://purl.imsglobal.org/spec/ob/v3p0/extensions.json': 'ob-v3p0-extensions.json'
};

async function documentLoader(url) {
  if(!pinned[url]) {
    throw new Error(`unknown context ${url}`);
  }
  const document = JSON.parse(readFileSync(new URL(pinned[url], schemas), 'utf8'));
  return {contextUrl: null, documentUrl: url, document};
}

const options = {
  algorithm: 'RDFC-1.0', format: 'application/n-quads', safe: true, base: null, documentLoader
};
const answers = [];
for(const document of JSON.parse(readFileSync(process.argv[2], 'utf8'))) {
  answers.push(await jsonld.canonize(document, options).catch(() => null));
}
process.stdout.write(JSON.stringify(answers));
