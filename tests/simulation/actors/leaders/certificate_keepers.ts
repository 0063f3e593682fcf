/** Leaders whose weapon is a certificate: held back and shown after their fall, or counted again in a later term (§12 "Leader"). */
import type { Certificate } from "../../../../protocol/certificate.ts";
import { type ReplicaId, term } from "../../../../protocol/ids.ts";
import type { AppendEntriesResponse, VoteRefusal } from "../../../../protocol/message.ts";
import { certified, compareRank } from "../../../../protocol/rank.ts";
import type { Actor } from "../actor.ts";
import { campaigner } from "../shadow/shadow_actor.ts";
import { highestTerm } from "../shadow/shadow_campaign.ts";
import type { RogueTerm } from "../shadow/shadow_leadership.ts";
import { Led, serve } from "../shadow/shadow_led.ts";
import type { Situation } from "../shadow/shadow_situation.ts";

/** Number of candidacies in which a hidden certificate is shown. */
const SHOWN = 3;

/** A certificate that only the colluders can complete: they send their acks for it to no one else. */
class Hidden {
  certificate: Certificate | null = null;
  #shown = 0;
  readonly #refused = new Set<string>();

  /** Has a few follow a chain until their acks and the colluders' would certify it, and then falls silent. */
  make(situation: Situation, rogueTerm: RogueTerm, led: Led): void {
    const chain = led.chainOf(rogueTerm);
    const pile = situation.sharedCampaign.listener.certifiable.find(({ term, hash }) =>
      term === rogueTerm.term && hash === chain.tip.hash
    );
    if (pile) this.certificate = situation.sharedCampaign.listener.complete(pile);
    else rogueTerm.show(led.order(rogueTerm).slice(0, situation.needed), chain);
  }

  /** Returns the certificate to campaign with; null in its own term and the next one. */
  ask(at: number, top: Certificate): Certificate | null {
    const { certificate } = this;
    if (certificate === null) return top;
    if (at < certificate.term + 2) return null;
    return compareRank(certificate, top) < 0 && this.#shown >= SHOWN ? top : certificate;
  }

  shown(): void {
    if (++this.#shown > 2 * SHOWN) this.certificate = null;
  }

  /** Refuses honest candidates with it, once each. */
  refuse(situation: Situation): void {
    const { certificate } = this;
    if (certificate === null) return;
    for (const { id, state: { election, hard } } of situation.honest) {
      const key = `${id} ${hard.currentTerm}`;
      if (election.candidacy === null || this.#refused.has(key)) continue;
      this.#refused.add(key);
      refuse(situation, id, hard.currentTerm, certificate);
    }
  }
}

function refuse({ colluders, self }: Situation, candidate: ReplicaId, at: number, certificate: Certificate): void {
  const signed = colluders.sign<VoteRefusal>(self, { kind: "VoteRefusal", term: term(at), candidate, voter: self });
  colluders.send(self, [candidate], { kind: "VoteRefusal", signed, certificate });
}

const hiddenCertificate = campaigner((situation) => {
  const led = new Led(situation);
  const hidden = new Hidden();
  const asked = new Set<number>();
  return {
    ask(at, _voter, top) {
      const certificate = hidden.ask(at, top);
      if (certificate === hidden.certificate && certificate !== null && !asked.has(at)) {
        asked.add(at);
        hidden.shown();
      }
      return certificate;
    },
    lead: (rogueTerm) =>
      hidden.certificate === null
        ? hidden.make(situation, rogueTerm, led)
        : serveIfLater(situation, rogueTerm, led, hidden),
    always: () => hidden.refuse(situation),
  };
});

/** Serves, except in the term of the certificate itself, in which nothing more is sent. */
function serveIfLater(situation: Situation, rogueTerm: RogueTerm, led: Led, { certificate }: Hidden): void {
  if (certificate !== null && rogueTerm.term > certificate.term) serve(situation, rogueTerm, led);
}

/** Presents certificates of old terms as certificates of the last one, and reports them prepared in the present term. */
const recountedCertificate = campaigner((situation) => {
  const led = new Led(situation);
  let turns = 0;
  return {
    ask(at, _voter, top) {
      const recounted = top.term > 0 && top.term < at - 1 && at % 3 > 0;
      return recounted ? { ...top, term: term(at - 1) } : top;
    },
    lead(rogueTerm) {
      if (rogueTerm.beats < 6) serve(situation, rogueTerm, led);
    },
    always() {
      if (turns++ % 4 > 0) return;
      const at = highestTerm(situation);
      const top = situation.highest(at);
      if (top.term > 0) reportIn(situation, at, top);
    },
  };
});

/** Has the colluders report `certificate` prepared, in responses of a term other than its own. */
function reportIn({ colluders }: Situation, at: number, certificate: Certificate): void {
  for (const replica of colluders.members) {
    const signed = colluders.sign<AppendEntriesResponse>(replica, {
      kind: "AppendEntriesResponse",
      term: term(at),
      replica,
      acks: [],
      prepared: certified(certificate),
      commitIndex: certificate.index,
      commitHash: certificate.hash,
      round: certificate.responses[0]!.message.round,
    });
    colluders.send(replica, colluders.honest, { kind: "AppendEntriesResponse", signed });
  }
}

export const CERTIFICATE_KEEPERS: Readonly<Record<string, Actor>> = {
  "hidden-certificate": hiddenCertificate,
  "recounted-certificate": recountedCertificate,
};
