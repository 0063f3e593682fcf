/** Finds etcd and its benchmark tool on PATH. */
import { ConfigError } from "../../crypto/config_error.ts";
import type { EtcdPlan } from "../cluster/plan.ts";

/** Source of the load on etcd. */
export type EtcdLoad = NonNullable<EtcdPlan["load"]>;

export interface FoundEtcd {
  readonly version: string;
  readonly load: EtcdLoad;
}

/** Returns etcd's version, and the load that was asked for or is the best here. Throws `ConfigError` where something is missing. */
export async function findEtcd({ load }: EtcdPlan): Promise<FoundEtcd> {
  const version = await etcdVersion();
  if (version === null) {
    throw new ConfigError(
      "--compare etcd: no etcd on PATH, wanted it there (Debian has it in the package etcd-server)",
    );
  }
  const hasTool = load === "grpc" ? false : await hasBenchmarkTool();
  if (load === "benchmark" && !hasTool) {
    throw new ConfigError(
      "--etcd-load benchmark: not on PATH, wanted etcd's tools/benchmark there, or --etcd-load grpc",
    );
  }
  return { version, load: hasTool ? "benchmark" : "grpc" };
}

/** Returns the version of the etcd on PATH; null if there is none. */
export async function etcdVersion(): Promise<string | null> {
  return /^etcd Version: (\S+)/m.exec(await outputOf("etcd", "--version") ?? "")?.[1] ?? null;
}

/** Other programs may be called `benchmark`, too. */
export const hasBenchmarkTool = async (): Promise<boolean> =>
  (await outputOf("benchmark", "put", "--help"))?.includes("--key-space-size") ?? false;

async function outputOf(command: string, ...args: string[]): Promise<string | null> {
  try {
    const { stdout, stderr } = await new Deno.Command(command, { args, stdin: "null" }).output();
    return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
