/** The suites whose packages are installed, by the name of their definition in `packages/`. */
export const SUITE = 'trixie';
