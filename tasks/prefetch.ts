/** `deno task prefetch`: what an image build would download, put where the Dockerfile takes it from. */
import { ConfigError } from "../crypto/config_error.ts";
import { EXIT_DONE, EXIT_FAILED, runTask } from "./support/run_task.ts";

const USAGE =
  `Puts everything that an image build would download into .deno-dir, from where the Dockerfile takes it, so that the build itself
needs no network: the npm packages of the lock file, and this machine's C++ runtime for base images that come without one (the
ZeroMQ add-on needs it; the image prefers its own).

Usage: prefetch

  --help   this text

Exit codes: 0 done, 1 failed, 2 wrong usage.
`;

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

async function prefetch(args: readonly string[], print: (line: string) => void): Promise<number> {
  if (args.length > 0) throw new ConfigError(`given ${args.join(" ")}, wanted no arguments`);
  if (!await fetchPackages()) return EXIT_FAILED;
  const runtime = await copyRuntime();
  print(runtime ? `copied ${runtime}` : `no ${RUNTIME} on this system; the base image has to bring its own`);
  print("now: docker build --network none -t bft-raft .");
  return EXIT_DONE;
}

if (import.meta.main) Deno.exit(await runTask({ name: "prefetch", usage: USAGE, run: prefetch }));
