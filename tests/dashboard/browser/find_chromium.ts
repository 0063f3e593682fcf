/** Finds the Chromium of this system, without loading what drives it. */

/** Paths at which systems have it. */
const PATHS = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** Returns the path of Chromium, or null if this system has none. */
export function findChromium(): string | null {
  return PATHS.find((path) => {
    try {
      return Deno.statSync(path).isFile;
    } catch {
      return false;
    }
  }) ?? null;
}
