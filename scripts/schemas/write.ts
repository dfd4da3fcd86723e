import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { generatedFiles, ROOT } from './files.ts';

/** `npm run schemas`: writes the JSON Schemas of the package and the references below docs/. */
for (const [path, text] of generatedFiles()) {
  mkdirSync(dirname(ROOT + path), { recursive: true });
  writeFileSync(ROOT + path, text);
}
