/**
 * Programs for guests that have no system: the BIOS loads the first sector of the first disk to 0000:7C00 and runs it.
 * Assembled by hand (16 bit); a sector is given in the escapes of the shell's printf.
 */

/** `here: jmp here`: uses all of a CPU. */
export const SPIN = bootSector([0xeb, 0xfe]);

/** Bytes that {@link READ} asks for in one request. */
export const READ_BYTES = 32 * 512;

/** Reads the beginning of the first disk again and again, as fast as it can. */
export const READ = bootSector([
  ...[0x31, 0xc0], //       xor ax, ax
  ...[0x8e, 0xd0], //       mov ss, ax
  ...[0xbc, 0x00, 0x7c], // mov sp, 7C00h
  ...[0xb8, 0x00, 0x10], // mov ax, 1000h
  ...[0x8e, 0xc0], //       mov es, ax        ; the buffer is 1000:0000
  ...[0x31, 0xdb], // next: xor bx, bx
  ...[0xb8, READ_BYTES / 512, 0x02], // mov ax, 02nnh ; read nn sectors
  ...[0xb9, 0x01, 0x00], // mov cx, 0001h     ; cylinder 0, sector 1
  ...[0xba, 0x80, 0x00], // mov dx, 0080h     ; head 0, first hard disk
  ...[0xcd, 0x13], //       int 13h
  ...[0xeb, 0xf1], //       jmp next
]);

function bootSector(program: readonly number[]): string {
  const sector = Buffer.alloc(512);
  sector.set(program);
  sector.set([0x55, 0xaa], 510);
  return [...sector].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
}
