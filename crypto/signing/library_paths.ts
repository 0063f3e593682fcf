/** Places of files with the C functions of libsecp256k1. */
import { fileURLToPath } from "node:url";

/** Names of the versions from 0.2 on, the newest first; what is older is no faster than the file of npm's package. */
const SONAMES = [6, 5, 2, 1].map((version) => `libsecp256k1.so.${version}`);
const TRIPLET = `${Deno.build.arch}-linux-gnu`;
const FOLDERS = ["/usr/local/lib", `/usr/lib/${TRIPLET}`, `/lib/${TRIPLET}`, "/usr/lib64", "/usr/lib"];

/** Paths at which a Linux system may have the library, the one to be preferred first. */
export const SYSTEM_LIBRARY_PATHS: readonly string[] = Deno.build.os === "linux"
  ? SONAMES.flatMap((name) => FOLDERS.map((folder) => `${folder}/${name}`))
  : [];

/** Returns the folder of the npm package. */
export const packageFolder = (): string => fileURLToPath(new URL(".", import.meta.resolve("secp256k1-native")));

/** Returns the path of the package's add-on for this platform, as the package itself finds it. Rejects if it has none. */
export async function packageLibraryPath(): Promise<string> {
  const { default: loader }: { readonly default: { path(folder: string): string } } = await import("node-gyp-build");
  return loader.path(packageFolder());
}
