/** libvirt restores what the image holds and not the configuration. */
export function savedNote(uuid: string): string {
  return (
    'the VM has a managed-save image: its next start restores the limits that it had when it was saved, not these; ' +
    `run again after that start (virsh managedsave-remove ${uuid} would drop the image, and the VM's memory with it)`
  );
}
