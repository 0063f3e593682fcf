/** A replica that loses its disk now and then, and with it its vote and its acks, and takes part as if nothing had happened (§1.3, §12). */
import { offset } from "../../../../protocol/ids.ts";
import type { AppendEntries } from "../../../../protocol/message.ts";
import { certified } from "../../../../protocol/rank.ts";
import { genesisCertificate } from "../../../../replica/core/create_state.ts";
import type { Actor, FaultyReplica } from "../actor.ts";
import { ballot, createRhythm, hearing, runningCandidates, Speaker, withhold } from "../support/craft.ts";

/** Maximum times for which it remembers, and for which it has forgotten. */
const SOUND_MS = 2_500;
const BLANK_MS = 1_500;

/** While it has forgotten everything it grants every vote and acks every leader anew, in terms it has voted and acked in. */
const amnesiac: Actor = (faultyReplica) => {
  const { colluders, config } = faultyReplica;
  const speaker = new Speaker(faultyReplica);
  const due = createRhythm(faultyReplica, 20);
  let blank = false;
  let lapses = 0;
  const turnOver = () => {
    blank = !blank;
    lapses++;
    colluders.later(colluders.rng.next() * (blank ? BLANK_MS : SOUND_MS), turnOver);
  };
  colluders.later(colluders.rng.next() * SOUND_MS, turnOver);
  return {
    corrupt(outgoing) {
      if (!blank) return outgoing;
      for (const running of due() ? runningCandidates(faultyReplica) : []) {
        const key = `${lapses} ${running.candidate} ${running.term}`;
        if (speaker.first(key)) speaker.say([running.candidate], ballot(config.self, running));
      }
      return withhold(outgoing, ["Vote", "VoteDeferred", "VoteRefusal", "AppendEntriesResponse"], config.self);
    },
    swallows: hearing("AppendEntries", ({ signed: { message } }) => {
      if (blank && message.entryHashes.length > 0) ackAnew(faultyReplica, speaker, message);
    }),
  };
};

/** Acks what a replica with an empty disk would ack if it believed the header. */
function ackAnew({ colluders, config, state }: FaultyReplica, speaker: Speaker, header: AppendEntries): void {
  const { term, prevIndex, entryHashes, round } = header;
  const acks = entryHashes.map((hash, i) => ({ index: offset(prevIndex, i + 1), hash }));
  const nothing = certified(genesisCertificate(state.genesis));
  speaker.say(colluders.honest, {
    kind: "AppendEntriesResponse",
    signed: {
      kind: "AppendEntriesResponse",
      ...{ term, replica: config.self, acks, prepared: nothing, round },
      ...{ commitIndex: nothing.index, commitHash: nothing.hash },
    },
  });
}

export const AMNESIACS: Readonly<Record<string, Actor>> = { amnesiac };
