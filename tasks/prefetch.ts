/**
 * `deno task prefetch`: puts everything an image build would download into `.deno-dir`, from where the Dockerfile takes it, so that
 * the build itself needs no network: the npm packages of the lock file, and this machine's C++ runtime for base images that
 * come without one (the ZeroMQ add-on needs it; the image prefers its own). Exit codes: 0 done, 1 failed.
 */

/** Directories in which Linux distributions keep the C++ runtime; other systems have none that a Linux image could use. */
const RUNTIME_FOLDERS = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib"];
const RUNTIME = "libstdc++.so.6";

const root = new URL("../", import.meta.url);
const target = new URL(".deno-dir/", root);

/** Fetches the locked packages into `.deno-dir/npm`; true if all are there. */
async function fetchPackages(): Promise<boolean> {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["install", "--frozen"],
    cwd: root,
    env: { DENO_DIR: target.pathname },
    stdin: "null",
  });
  return (await command.spawn().status).success;
}

/** Copies the C++ runtime into `.deno-dir/lib` and returns where it was found, or null if this system has none. */
async function copyRuntime(): Promise<string | null> {
  const lib = new URL("lib/", target);
  await Deno.mkdir(lib, { recursive: true });
  for (const folder of RUNTIME_FOLDERS) {
    const source = `${folder}/${RUNTIME}`;
    try {
      await Deno.copyFile(source, new URL(RUNTIME, lib));
      return source;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return null;
}

if (import.meta.main) {
  if (!await fetchPackages()) Deno.exit(1);
  const runtime = await copyRuntime();
  console.log(runtime ? `copied ${runtime}` : `no ${RUNTIME} on this system; the base image has to bring its own`);
  console.log("now: docker build --network none -t bft-raft .");
}
