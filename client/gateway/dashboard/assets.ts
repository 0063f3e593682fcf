/** The files of the page, read once, and the headers under which they are served. */

const PAGE = new URL("./page/", import.meta.url);

const TYPES = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
} as const;

/** Names of the files, all in `page/`; nothing else is ever served. */
export const PAGE_FILES = [
  ...["index.html", "style.css", "icon.svg", "main.js", "stream.js", "dom.js", "replicas.js", "ring.js"],
  ...["chain.js", "charts.js", "timeline.js", "keys.js", "kv_api.js", "play.js"],
] as const;

/** Nothing from elsewhere, nothing inline, no text that becomes code, in nobody's frame. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

export const PAGE_HEADERS = {
  "content-security-policy": POLICY,
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "cache-control": "no-cache",
} as const;

/** A file and its type. */
export interface Asset {
  readonly type: string;
  readonly text: string;
}

/** Reads all files. Needs the permission to read them. */
export function readAssets(): ReadonlyMap<string, Asset> {
  return new Map(PAGE_FILES.map((name) => {
    const type = TYPES[name.slice(name.lastIndexOf(".") + 1) as keyof typeof TYPES];
    return [name, { type, text: Deno.readTextFileSync(new URL(name, PAGE)) }];
  }));
}
