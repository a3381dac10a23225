// Support mode: in a tenant's place, for a reason and for a time; its admins can read about it.

import { refresh, rpc } from "../../session.js";
import { go } from "../../router.js";
import { button, dialog } from "../../ui.js";

const MINUTES = [["15", "15 minutes"], ["30", "30 minutes"], ["60", "1 hour"], ["240", "4 hours"]];

export function supportButton({ id, name }) {
  return button("Support", () => enter(id, name), { kind: "quiet", symbol: "lifebuoy", label: `Support ${name}`, key: `support ${id}` });
}

async function enter(id, name) {
  const sent = await dialog({
    title: `Support ${name}`,
    text: "You act there as Site Support. The tenant's admins see that you are there, why, and until when.",
    fields: [
      { name: "reason", label: "Reason", required: true, minlength: 3, autocomplete: "off" },
      { name: "minutes", label: "For", type: "select", options: MINUTES, value: "60" },
      { name: "read_only", label: "To look only", type: "check" },
    ],
    submit: "Enter support mode",
    send: ({ reason, minutes, read_only }) =>
      rpc("become_support", { _tenant_id: id, _reason: reason, _minutes: Number(minutes), _read_only: read_only }),
  });
  if (!sent) return;
  await refresh();
  go("/admin/app-tenant-residencies");
}
