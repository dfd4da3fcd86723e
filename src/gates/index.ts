import type { Gate } from './gate.ts';
import { requiredRules } from './required_rules.ts';

/** All gates, in the order in which they are asked; to add one, add its line. */
export const GATES: readonly Gate[] = [requiredRules];
