/** Formats each packet and each change of a replica as one line of the golden transcripts. */
import type { Certificate } from "../../protocol/certificate.ts";
import type { Entry, Head, Request } from "../../protocol/entry.ts";
import type { Certified } from "../../protocol/message.ts";
import type { Packet } from "../../protocol/packet.ts";
import type { Signed } from "../../protocol/signed.ts";
import { lastHead } from "../../replica/core/log/log.ts";
import type { ClientReply } from "../../replica/core/output.ts";
import type { CoreState } from "../../replica/core/state.ts";
import { numberOf } from "../support/numbered_requests.ts";
import { describeBase, describeCheckpoint, describeSnapshotPacket, describeSnapshots } from "./describe_snapshot.ts";

const short = (hash: string): string => hash.slice(0, 4);
const head = ({ index, hash }: Head): string => `${index}:${short(hash)}`;
const rank = ({ term, index, hash }: Certified): string => `${term}/${index}:${short(hash)}`;
const certificate = (value: Certificate): string =>
  `${value.kind} certificate ${rank(value)} by ${
    value.responses.map((r) => r.message.replica).join(",") || (value.term === 0 ? "genesis" : "an ack alone")
  }`;

function entry({ term, requests }: Entry): string {
  const names = (requests ?? []).map(name);
  return `${term}:${names.join("+") || "no-op"}`;
}

const name = ({ message }: Signed<Request>): string =>
  message.kind === "SendRequest" ? `${message.client}#${message.seq - 1}` : `${message.client} opens a session`;

/** Describes the content of a packet. */
export function describePacket(packet: Packet): string {
  switch (packet.kind) {
    case "AppendEntries": {
      const { term, round, prevIndex, prevHash, commitIndex } = packet.signed.message;
      const entries = packet.entries.map(entry).join(" ") || "heartbeat";
      const proof = packet.proof ? `, proof by ${packet.proof.votes.map((v) => v.message.voter).join(",")}` : "";
      return `AppendEntries term ${term} round ${round} after ${prevIndex}:${
        short(prevHash)
      } [${entries}] commit ${commitIndex}${proof}`;
    }
    case "AppendEntriesResponse": {
      const { term, acks, prepared, commitIndex } = packet.signed.message;
      const acked = acks.map(head).join(" ") || "nothing";
      return `AppendEntriesResponse term ${term} acks ${acked}, prepared ${rank(prepared)}, commit ${commitIndex}`;
    }
    case "ResendRequest": {
      const { term, commitIndex, match, proofWanted } = packet.signed.message;
      const wanted = proofWanted ? ", proof wanted" : "";
      return `ResendRequest term ${term} from commit ${commitIndex}, match ${head(match)}${wanted}`;
    }
    case "PreVote":
    case "VoteDeferred":
      return `${packet.kind} term ${packet.signed.message.term}`;
    case "RequestVote": {
      const preVotes = packet.preVotes.map((p) => p.message.replica).join(",");
      return `RequestVote term ${packet.signed.message.term} base ${
        certificate(packet.certificate)
      }, PreVotes of ${preVotes}`;
    }
    case "Vote":
      return `Vote term ${packet.signed.message.term} for ${packet.signed.message.candidate} base ${
        rank(packet.signed.message.base)
      }`;
    case "VoteRefusal":
      return `VoteRefusal term ${packet.signed.message.term}, shows ${certificate(packet.certificate)}`;
    case "HandOver":
      return `HandOver term ${packet.signed.message.term} to ${packet.signed.message.successor} at ${
        head(packet.signed.message)
      }`;
    case "ClockStatement":
      return `ClockStatement ${packet.signed.message.clock} ms`;
    case "FetchEntries":
      return `FetchEntries from ${packet.signed.message.from} on the chain through ${head(packet.signed.message.head)}`;
    case "FetchEntriesResponse": {
      const certified = packet.certificate ? `, ${certificate(packet.certificate)}` : "";
      const shown = packet.checkpoint ? `${certified}, ${describeCheckpoint(packet.checkpoint)}` : certified;
      return `FetchEntriesResponse from ${packet.signed.message.from} [${packet.entries.map(entry).join(" ")}]${shown}`;
    }
    case "ForwardedRequest":
      return `ForwardedRequest ${name(packet.signed)}`;
    case "Evidence":
      return `Evidence of ${packet.evidence.kind} by ${packet.evidence.culprit}`;
    case "FetchEpoch":
      return `FetchEpoch ${packet.epoch}`;
    case "EpochEnd":
      return `EpochEnd ${packet.end.epoch} at ${head(packet.end.proof.stable)}`;
    default:
      return describeSnapshotPacket(packet);
  }
}

/** Describes an answer to a client. */
export const describeReply = ({ client, answers }: ClientReply): string =>
  `to ${client}: ${answers.map((a) => `#${numberOf(a.request)} ${a.outcome} at ${a.index}`).join(", ")}`;

/** Describes term, role, log head, ack, prepared and commit of a replica. */
export function describeState(state: CoreState): string {
  const { hard, view, log, prepared, commitIndex, branch, election } = state;
  const role = view.role === "follower" ? `follower of ${view.leader ?? "nobody"}` : view.role;
  const acked = hard.noMoreAcks ? "none any more" : hard.ack ? hard.ack.index : "none";
  const aside = branch.length > 0 ? ` (${branch.length} kept aside)` : "";
  const suspects = election.suspectingSince === null ? "" : ", suspects";
  return `term ${hard.currentTerm} ${role}${suspects}, log ${head(lastHead(log))}${
    describeBase(log)
  }, acked ${acked}, ` +
    `prepared ${rank(prepared)}${aside}, commit ${commitIndex}${describeSnapshots(state)}`;
}
