import type { FormName } from '../shared/io_amounts.ts';

/** The keyword of the schema for each form of amounts that rules of disks have. */
export const AMOUNT_KEYWORDS = {
  bytes: 'virtuneDiskBytes',
  iops: 'virtuneDiskOperations',
  size: 'virtuneDiskSize',
  duration: 'virtuneDiskDuration',
} as const satisfies Partial<Record<FormName, string>>;

export type DiskForm = keyof typeof AMOUNT_KEYWORDS;
