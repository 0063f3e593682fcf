/** Prints as JSON which signature backend loads with the permissions of this process, and what it does once these are given up. */
import { dropLoadingPermissions } from "../../../crypto/drop_permissions.ts";
import { loadBackend, selfTest } from "../../../crypto/signing/load_backend.ts";

const { backend, fallbackReason, isDegraded } = await loadBackend("auto");
dropLoadingPermissions();
selfTest(backend);
const again = await loadBackend("auto");
console.log(JSON.stringify({ name: backend.name, again: again.backend.name, fallbackReason, isDegraded }));
