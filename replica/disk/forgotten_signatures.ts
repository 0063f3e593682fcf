/**
 * Detection of this replica's own signatures, shown by others, that its disk does not know (§1.3): then it was started on an older copy of
 * its disk, or on an empty one, and must sign nothing more.
 */
import type { AppendEntriesResponse, Message, Vote } from "../../protocol/message.ts";
import type { Packet } from "../../protocol/packet.ts";
import { compareRank, sameCertified } from "../../protocol/rank.ts";
import { listSignatures } from "../../protocol/signatures.ts";
import type { HardState } from "../core/log/durable_state.ts";
import type { CoreState } from "../core/state.ts";

/** This replica has signed something that its disk does not know. */
export class ForgottenError extends Error {
  override readonly name = "ForgottenError";
}

/** Describes a signature of this replica that a verified packet shows and its disk does not know; null in all normal cases. */
export function forgottenBy(state: CoreState, packet: Packet): string | null {
  if (state.hard.recovery !== null) return null; // it knows that it has forgotten
  const own = listSignatures(packet).filter(({ role, signer }) => role === "replica" && signer === state.config.self);
  return own.map(({ signed }) => forgotten(state, signed.message)).find((what) => what !== null) ?? null;
}

function forgotten(state: CoreState, message: Message): string | null {
  const { hard } = state;
  switch (message.kind) {
    case "AppendEntriesResponse":
      return forgottenResponse(state, message);
    case "Vote":
      return knowsVote(hard, message) ? null : `a vote of term ${message.term} for ${message.candidate}`;
    case "Checkpoint":
      return message.index <= state.commitIndex ? null : `a Checkpoint of index ${message.index}`;
    case "AppendEntries":
    case "RequestVote":
      return message.term <= hard.currentTerm ? null : `${message.kind} of term ${message.term}`;
    default:
      return null;
  }
}

function forgottenResponse({ hard, prepared }: CoreState, message: AppendEntriesResponse): string | null {
  const { term, acks } = message;
  if (term > hard.currentTerm) return `a response of term ${term}, its own is ${hard.currentTerm}`;
  if (compareRank(message.prepared, prepared) > 0) {
    return `a report of rank (${message.prepared.term}, ${message.prepared.index})`;
  }
  const acked = acks.at(-1);
  if (term < hard.currentTerm || acked === undefined) return null;
  return acked.index <= (hard.ack?.index ?? -1) ? null : `an ack of index ${acked.index} in term ${term}`;
}

const knowsVote = ({ currentTerm, vote }: HardState, { term, candidate, base }: Vote): boolean =>
  term < currentTerm ||
  (term === currentTerm && vote !== null && vote.candidate === candidate && sameCertified(vote.base, base));
