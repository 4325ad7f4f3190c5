const EXTENSIONS = '(?:avif|css|eot|gif|ico|jpe?g|js|json|map|mjs|mp4|otf|png|svg|ttf|txt|wasm|webm|webp|woff2?)';

/** Folders in which generators put nothing but files whose names change with their content. */
const HASHED_FOLDERS = '/(?:_app/immutable|_astro|_next/static|_nuxt|assets|static/(?:css|js|media))/';

/**
 * The lines of a `map $uri` that chooses Cache-Control. A name with a digest never changes its content and is kept for a year;
 * everything else is asked for again, which costs one answer without a body (304). A digest is eight or more hexadecimal digits, among
 * them a letter and a number, so that dates and words are none; in the folders of generators any eight characters.
 */
export function cacheControlMap(built: boolean): readonly string[] {
  const forEver = '"public, max-age=31536000, immutable"';
  const digest = '[.-](?=[0-9a-f]*[a-f])(?=[0-9a-f]*[0-9])[0-9a-f]{8,}';
  const rest = `(?:\\.[a-z0-9]+)*\\.${EXTENSIONS}$`;
  return ['default no-cache;', `"~${digest}${rest}" ${forEver};`, ...(built ? [`"~^${HASHED_FOLDERS}.*[.-][A-Za-z0-9_-]{8,}${rest}" ${forEver};`] : [])];
}
