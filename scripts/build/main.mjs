#!/usr/bin/env node
import { join } from 'node:path';
import { load } from './code.mjs';

await load(join(import.meta.dirname, '../code/virtune.cjs')).virtune(process.argv);
