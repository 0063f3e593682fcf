import type { LeasesOutcome } from "../../../calls/leases.ts";
import { UsageError } from "../../../errors.ts";
import { EXIT } from "../../common/exit_codes.ts";
import type { Command, CommandCall, CommandResult } from "../command.ts";

const VERBS = "grant SECONDS, renew LEASE, revoke LEASE or list";

export const lease: Command = {
  name: "lease",
  usage: "lease grant SECONDS | renew LEASE | revoke LEASE | list",
  summary: "keys that go together once nobody renews them: put KEY VALUE --lease LEASE",
  notes: [
    "A lease lasts for SECONDS, 1 to 604800, after it was granted or last renewed, and ends some seconds later.",
    "Only the client that was granted it renews or revokes it. Exit code 1 where there is no such lease.",
  ],
  operands: [1, 2],
  options: {},
  run(call) {
    const [verb = "", given] = call.operands;
    if ((verb === "list") !== (given === undefined)) {
      throw new UsageError(`lease was given "${call.operands.join(" ")}"; wanted ${VERBS}`);
    }
    switch (verb) {
      case "grant":
        return grant(call, numberOf("SECONDS", given!));
      case "renew":
        return renew(call, numberOf("LEASE", given!));
      case "revoke":
        return revoke(call, numberOf("LEASE", given!));
      case "list":
        return list(call);
      default:
        throw new UsageError(`lease was given "${verb}"; wanted ${VERBS}`);
    }
  },
};

/** Returns a number that an operand or option is. Throws {@linkcode UsageError} that names it. */
export function numberOf(name: string, given: string): number {
  const value = Number(given);
  if (/^\d{1,15}(\.\d{1,3})?$/.test(given) && value > 0) return value;
  throw new UsageError(`${name} was given as "${given}"; wanted a number above 0`);
}

async function grant({ client }: CommandCall, seconds: number): Promise<CommandResult> {
  const { lease, ttlMs, index } = await client.grantLease(Math.round(1000 * seconds));
  const output = `lease ${lease}: lasts ${ttlMs / 1000} s, log index ${index}`;
  return { exitCode: EXIT.done, json: { lease, ttlMs, index }, output };
}

async function renew({ client }: CommandCall, number: number): Promise<CommandResult> {
  const { lease, ttlMs, index } = await client.renewLease(number);
  const output = `lease ${lease}: lasts ${ttlMs / 1000} s from now on, log index ${index}`;
  return { exitCode: EXIT.done, json: { lease, ttlMs, index }, output };
}

async function revoke({ client }: CommandCall, lease: number): Promise<CommandResult> {
  const { revision, index } = await client.revokeLease(lease);
  const output = `lease ${lease} is revoked: store revision ${revision}, log index ${index}`;
  return { exitCode: EXIT.done, json: { lease, revision, index }, output };
}

async function list({ client }: CommandCall): Promise<CommandResult> {
  const items: LeasesOutcome["items"][number][] = [];
  for (let more = true; more;) {
    const page = await client.listLeases({ after: items.at(-1)?.lease ?? 0 });
    items.push(...page.items);
    more = page.more;
  }
  const lines = items.map(({ lease, client, ttlMs, remainingMs, keys }) =>
    `lease ${lease} of ${client}: ${remainingMs / 1000} of ${ttlMs / 1000} s left, ${keys} keys`
  );
  const output = lines.length > 0 ? lines.join("\n") : "no leases";
  return { exitCode: EXIT.done, json: { leases: items.map((item) => ({ ...item })) }, output };
}
