/** Mutants of quorums, counting and certificates (§1.1, §5.5, §5.6). */
import { type Mutant, patch } from "../mutant.ts";

const quorumOf = (size: string) =>
  patch(
    "quorumOf",
    "quorum: Math.ceil((n + f + 1) / 2), weak: f + 1 };",
    `quorum: ${size}, weak: f + 1 };`,
  );

/** Commit certificates are valid as soon as Q different replicas acked exactly their point; acks and reports both count. */
const ACKS_CERTIFY_COMMITS = [
  patch(
    "isCertificate",
    `  return certificate.kind === "prepare" || linksHold(hash, certificate);`,
    `  return certificate.kind === "prepare" || isPrepareCertificate(members, { ...certificate, kind: "prepare" }) ||
    linksHold(hash, certificate);`,
  ),
  patch(
    "plausibleCertificate",
    `  return certificate.kind === "prepare"
    ? isPrepareCertificate(members, certificate)
    : reportsHold(members, certificate);`,
    `  if (isPrepareCertificate(members, { ...certificate, kind: "prepare" })) return true;
  return certificate.kind === "commit" && reportsHold(members, certificate);`,
  ),
];

export const SAFETY_QUORUMS: readonly Mutant[] = [
  {
    name: "commit-after-one-phase",
    kind: "safety",
    clause: "§5.6",
    what: "an entry is committed once Q replicas acked it; nobody reports it prepared first",
    how:
      "A leader shows e to A and B and e' to C. A alone hears the acks of e and commits; B, C and the leader elect " +
      "somebody on a base without e, which overwrites it.",
    patches: [
      patch(
        "countAcks",
        `    raiseRank(context, { kind: "prepare", term, index: head.index, hash: head.hash, responses });
    return;`,
        `    raiseRank(context, { kind: "prepare", term, index: head.index, hash: head.hash, responses });
    if (head.index > state.commitIndex) {
      advanceCommit(context, { kind: "commit", term, index: head.index, hash: head.hash, links: [], responses });
    }
    return;`,
      ),
      ...ACKS_CERTIFY_COMMITS,
    ],
  },
  {
    name: "quorum-2f",
    kind: "safety",
    clause: "§1.1",
    what: "a quorum is 2f replicas",
    how: "A partition cuts four replicas into halves: each elects its leader of the same term and commits. With one " +
      "equivocating leader two certificates of a term lie on two chains.",
    patches: [quorumOf("Math.max(1, 2 * f)")],
  },
  {
    name: "quorum-by-majority",
    kind: "safety",
    clause: "§1.1",
    what: "a quorum is a bare majority, as among replicas that only crash",
    how:
      "n = 7: two majorities of four may share one replica only, and that one is Byzantine: it votes in both halves of " +
      "a partition, or acks both of an equivocating leader's chains.",
    patches: [quorumOf("Math.floor(n / 2) + 1")],
    replicas: 7,
    needs: "n = 5 or n ≥ 7; at n = 4 and 6 a majority is a quorum",
  },
  {
    name: "two-responses-counted-twice",
    kind: "safety",
    clause: "§2.4",
    what: "certificates count responses, so several of one replica count as several",
    how:
      "A leader shows e to A only and repeats its own ack: with A's that makes a certificate, then a commit at A. The " +
      "others elect on a base without e.",
    patches: [
      patch(
        "onAppendEntriesResponse",
        `recordOf(state.responses, replica, term, state.hard.currentTerm);`,
        `recordOf(
    state.responses,
    \`\${replica} \${response.message.round % 8}\` as typeof replica, // a record for each response, not for each replica
    term,
    state.hard.currentTerm,
  );`,
      ),
      patch(
        "isPrepareCertificate",
        `  return isQuorum(members, responses.map((r) => r.message.replica)) &&
    responses.every(`,
        `  return responses.length >= members.quorumSizes.quorum &&
    responses.every(({ message }) => members.config.replicas.includes(message.replica)) &&
    responses.every(`,
      ),
      patch(
        "reportsHold",
        `  if (!isQuorum(members, responses.map((r) => r.message.replica))) return false;`,
        `  if (responses.length < members.quorumSizes.quorum) return false;
  if (!responses.every(({ message }) => members.config.replicas.includes(message.replica))) return false;`,
      ),
    ],
  },
  {
    name: "acks-of-different-terms-mixed",
    kind: "safety",
    clause: "§5.5",
    what: "a prepare certificate of a term counts acks that its replicas signed in lower terms",
    how:
      "A acked e in term 3 and follows another chain since. B and C ack e in term 5, A's old ack makes it a certificate " +
      "of 5, while A's acks of 5 help to certify another chain of 5.",
    patches: [
      patch(
        "acksFor",
        `    const ack = terms.get(term)?.acks.get(head.index);
    if (ack && ack.hash === head.hash) found.push(ack);`,
        `    const ack = [...terms].filter(([acked]) => acked <= term).map(([, { acks }]) => acks.get(head.index))
      .find((each) => each?.hash === head.hash);
    if (ack) found.push(ack);`,
      ),
      patch(
        "isPrepareCertificate",
        `      message.term === term && message.acks.some(`,
        `      message.term <= term && message.acks.some(`,
      ),
    ],
  },
  {
    name: "prepared-of-another-term-counted",
    kind: "safety",
    clause: "§5.6",
    what: "a report counts as a vote to commit in its prepared term, whatever the term of the response it stands in",
    how:
      "A and B vote in T on a base without e; then late acks of term t < T make e a certificate for them. Their responses " +
      "of T name it, a straggler counts them and commits e, and the leader of T overwrites it.",
    patches: [
      patch(
        "onAppendEntriesResponse",
        `  if (prepared.term === term && prepared.index > (record.report?.index ?? -1)) {
    record.report = { index: prepared.index, hash: prepared.hash, response };
  }`,
        `  const place = prepared.term === 0
    ? null
    : recordOf(state.responses, replica, prepared.term, state.hard.currentTerm);
  if (place !== null && prepared.index > (place.report?.index ?? -1)) {
    place.report = { index: prepared.index, hash: prepared.hash, response };
  }
  countReports(context, prepared.term);`,
      ),
      patch(
        "reportsHold",
        `({ message }) => message.term !== term || message.prepared.term !== term)`,
        `({ message }) => message.prepared.term !== term)`,
      ),
    ],
  },
];
