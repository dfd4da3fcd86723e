/** `npm run test:long`: everything at its full size. */
export const LONG = process.env.VIRTUNE_LONG === '1';
