// What the server refused, in sentences for people. Refusals of the modules begin with a number.

export class Refusal extends Error {
  constructor(message, { code = "", status = 0, hint = "" } = {}) {
    super(message);
    this.code = code;
    this.status = status;
    this.hint = hint;
    this.number = /^\d{5}/.exec(message)?.[0] ?? "";
  }

  // Whether who asks may have changed since the token was made.
  get isAboutRights() {
    return this.number === "30000" || this.code === "42501" || this.status === 401 || /^PT401|^PGRST30/.test(this.code);
  }
}

const SENTENCES = {
  30000: "You are not allowed to do that.",
  30002: "There is a tenant with this name or identifier already.",
  30003: "This tenant is not there, or it is the one that runs the site.",
  30004: "This person is not there any more.",
  30005: "This licence is not there any more.",
  30010: "That is not an e-mail address.",
  30020: "No active subscription of this tenant offers that licence.",
  30021: "Choose a day in the future on which the licence ends.",
  30022: "The tenant has this pack already.",
  30025: "You cannot change your own standing. Another admin can.",
  30026: "You cannot block yourself.",
  30028: "A name needs at least three characters.",
  30029: "The status of a template cannot be changed.",
  30030: "This to-do is not there any more.",
  30031: "All seats for this licence are taken.",
  30032: "A tenant needs at least one admin.",
  30033: "Support begins from your own tenant, and in another one.",
  30034: "Support needs a reason, and lasts between 1 and 480 minutes.",
  30036: "That is not possible from where this person stands now.",
  30037: "This tenant is not active.",
  30038: "This pack is for the tenant that runs the site.",
  30061: "A name needs at least three characters.",
};

export function sentence(error) {
  if (!(error instanceof Refusal)) return "The server does not answer. Check the connection and try again.";
  if (error.number) return SENTENCES[error.number] ?? lower(error.message.replace(/^\d{5}:\s*/, ""));
  if (error.status === 429) return "That was a lot at once. Wait a minute and try again.";
  if (error.code === "25006") return "You are here to look only: nothing can be changed.";
  if (error.status === 401) return "Your session is not accepted any more. Sign out, and sign in again.";
  if (error.isAboutRights) return SENTENCES[30000];
  return error.message || "Something went wrong. Try again.";
}

// THE TOPIC IS CLOSED → The topic is closed.
function lower(text) {
  const calm = text === text.toUpperCase() ? text.toLowerCase() : text;
  return `${calm.charAt(0).toUpperCase()}${calm.slice(1)}${/[.!?]$/.test(calm) ? "" : "."}`;
}
