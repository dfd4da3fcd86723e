/** libvirt's two states: of the running VM, and of its next start. */
export const SIDES = ['live', 'config'] as const;
export type Side = (typeof SIDES)[number];
