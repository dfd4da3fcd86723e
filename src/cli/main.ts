#!/usr/bin/env node
import { virtune } from './virtune.ts';

await virtune(process.argv);
