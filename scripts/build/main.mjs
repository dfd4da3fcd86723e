#!/usr/bin/env node
import { join } from 'node:path';
import { load } from './code.mjs';

// What a run that ends without a word has: it sets its own status at its end.
process.exitCode = 13;
load(join(import.meta.dirname, '../code/virtune.cjs')).virtune(process.argv);
