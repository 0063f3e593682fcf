/** Faulty replicas that would hurry log time or hold it back (§15): by what they state, and by what they order. */
import { joinStatements } from "../../../../protocol/entry_body.ts";
import { LIMITS } from "../../../../protocol/limits.ts";
import type { ClockStatement } from "../../../../protocol/message.ts";
import type { Signed } from "../../../../protocol/signed.ts";
import { Fork } from "../../../../replica/byzantine/fork.ts";
import { accuses, forged, othersOf, ownCopy } from "../../../../replica/byzantine/lies.ts";
import type { InputWithoutTime } from "../../../../replica/core/input.ts";
import type { Outgoing } from "../../../../replica/core/output.ts";
import type { Actor, FaultyReplica, SimAdversary } from "../actor.ts";

/** Time for which a sleeper states nothing, least and most. */
const SLEEP_MS = [2000, 8000] as const;
/** Statements that a flooder makes of one. */
const FLOOD = 20;

/** Returns an actor that states `lies` in place of each reading. */
const stating =
  (lies: (clock: number, faultyReplica: FaultyReplica) => readonly number[]): Actor => (faultyReplica) => ({
    corrupt: (outgoing) => outgoing.flatMap((each) => restated(each, (clock) => lies(clock, faultyReplica))),
  });

function restated({ to, packet }: Outgoing, lies: (clock: number) => readonly number[]): Outgoing[] {
  if (packet.kind !== "ClockStatement") return [{ to, packet }];
  const { signed } = packet;
  return lies(signed.clock).map((clock) => ({ to, packet: { kind: "ClockStatement", signed: { ...signed, clock } } }));
}

/** States nothing at first, then the far future: whoever log time rested on before was the last of the honest clocks. */
const sleeper: Actor = (faultyReplica) => {
  const { colluders } = faultyReplica;
  const until = colluders.now() + colluders.rng.between(...SLEEP_MS);
  return stating((clock) => colluders.now() < until ? [] : [clock + 1e9])(faultyReplica);
};

/** As a leader, leaves out what others state. */
const withholder: Actor = () => ({
  corrupt: (outgoing) => outgoing,
  swallows: (input) => input.kind === "packet" && input.packet.kind === "ClockStatement",
});

type Statements = readonly Signed<ClockStatement>[];

/** Returns an actor that leads with other statements than it got. */
const leadingWith =
  (instead: (honest: Statements, all: Statements, faultyReplica: FaultyReplica) => Statements): Actor =>
  (faultyReplica): SimAdversary => {
    const { config, hash } = faultyReplica;
    const heard: Signed<ClockStatement>[] = [];
    const fork = new Fork(hash, ({ index, term, ...entry }) => {
      if (entry.statements === undefined) return { index, term, ...entry };
      const statements = instead(entry.statements, heard, faultyReplica);
      return { index, term, body: joinStatements(statements), requests: [], statements };
    });
    const deceive = (outgoing: Outgoing): readonly Outgoing[] => {
      const { packet } = outgoing;
      if (accuses(packet, config.self)) return [];
      if (fork.empty) return [outgoing];
      const own = ownCopy(outgoing, config.self);
      const to = othersOf(outgoing, config);
      if (packet.kind === "AppendEntries" && packet.signed.term === fork.term) {
        const shown = to.length === 0 ? null : fork.forge(packet);
        return shown === null ? own : [...own, { to, packet: shown }];
      }
      return packet.kind === "AppendEntriesResponse" && packet.signed.term === fork.term ? own : [outgoing];
    };
    return {
      corrupt(outgoing) {
        for (const { packet } of outgoing) if (packet.kind === "AppendEntries") fork.extend(packet);
        return outgoing.flatMap(deceive);
      },
      swallows: (input) => overhear(heard, input) || hearsOfFork(fork, input),
    };
  };

function overhear(heard: Signed<ClockStatement>[], input: InputWithoutTime): false {
  if (input.kind === "packet" && input.packet.kind === "ClockStatement") heard.push(input.packet.signed);
  return false;
}

/** No honest core could go on after others followed another chain of its own term. */
const hearsOfFork = (fork: Fork, input: InputWithoutTime): boolean =>
  !fork.empty && input.kind === "packet" && input.packet.kind === "AppendEntriesResponse" &&
  input.packet.signed.message.term === fork.term;

/** The first statement of each replica that it ever got, whatever they have stated since. */
const oldest = (honest: Statements, all: Statements): Statements =>
  honest.map((signed) => all.find(({ message }) => message.replica === signed.message.replica) ?? signed);

/** The far future in the name of others, under their own signatures of something else. */
const inOthersNames = (honest: Statements, _all: Statements, { config }: FaultyReplica): Statements =>
  honest.map(({ message, signature }) =>
    message.replica === config.self ? forged(message) : forged({ ...message, clock: message.clock + 1e6 }, signature)
  );

export const CLOCK_LIARS: Readonly<Record<string, Actor>> = {
  "clock-ahead": stating(() => [LIMITS.maxInteger]),
  "clock-stopped": stating(() => []),
  "clock-backwards": stating((clock, { colluders }) => [Math.max(0, clock - colluders.rng.int(1, 5000))]),
  "clock-flooder": stating((clock) => Array.from({ length: FLOOD }, (_, i) => clock + 100 * i)),
  "clock-sleeper": sleeper,
  "clock-withholder": withholder,
  "clock-repeater": leadingWith(oldest),
  "clock-forger": leadingWith(inOthersNames),
};
