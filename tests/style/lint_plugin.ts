/** The project's house rules as a plugin of `deno lint`; wired in `deno.json`, tested in `lint_plugin_test.ts`. */
import { clauseCitations } from "./clause_citations.ts";
import { corePurity } from "./core_purity.ts";
import { docCommentBegins } from "./doc_comments.ts";
import { importDirection } from "./import_direction.ts";
import { importOrder } from "./import_order.ts";
import { fileLength, functionLength } from "./length.ts";

const plugin: Deno.lint.Plugin = {
  name: "bft-raft",
  rules: {
    "clause-citations": clauseCitations,
    "core-purity": corePurity,
    "doc-comment-begins": docCommentBegins,
    "import-direction": importDirection,
    "import-order": importOrder,
    "function-length": functionLength,
    "file-length": fileLength,
  },
};

export default plugin;
