import { createHash } from "node:crypto"
import type { Answer } from "../partnerCenter/Answer.ts"
import type { Account } from "../world/Account.ts"
import type { User } from "../world/User.ts"
import type { Told } from "./SignInRefusal.ts"

/** Text that is safe between tags and in quoted attributes. */
export const escaped = (text: string): string =>
  text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;")

const css = `
:root{color-scheme:light dark;--ground:#f4f5f7;--card:#fff;--text:#1b1d21;--quiet:#51565f;--line:#8a909b;--act:#0b57b0;--on:#fff;--bad:#a3140c}
@media (prefers-color-scheme:dark){:root{--ground:#15171b;--card:#202329;--text:#eceef2;--quiet:#b3b9c4;--line:#7b828e;--act:#8ab8ff;--on:#0b1a30;--bad:#ffb0a8}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1rem;background:var(--ground);color:var(--text);font:1rem/1.5 system-ui,sans-serif}
main{width:100%;max-width:30rem;padding:1.75rem;background:var(--card);border:1px solid var(--line);border-radius:.5rem;overflow-wrap:anywhere}
h1{margin:0 0 .75rem;font-size:1.375rem;line-height:1.25}
p,ul{margin:0 0 .75rem}
.quiet{color:var(--quiet);font-size:.875rem}
.bad{color:var(--bad);font-weight:600}
fieldset{margin:0 0 1rem;padding:0;border:0}
legend{padding:0;margin-bottom:.5rem;font-weight:600}
label{display:flex;gap:.75rem;align-items:flex-start;padding:.625rem .75rem;margin-bottom:.5rem;border:1px solid var(--line);border-radius:.375rem;cursor:pointer}
label small{display:block;color:var(--quiet);font-size:.875rem}
input{margin:.35rem 0 0;accent-color:var(--act)}
.actions{display:flex;flex-wrap:wrap;gap:.75rem}
button{min-height:2.75rem;padding:.5rem 1.25rem;border:1px solid var(--act);border-radius:.375rem;background:var(--act);color:var(--on);font:inherit;font-weight:600;cursor:pointer}
button.second{background:transparent;color:var(--act)}
:focus-visible{outline:3px solid var(--act);outline-offset:2px}
`
const styleHash = createHash("sha256").update(css).digest("base64")

/** Nothing is loaded, nothing runs, nobody may frame it; forms go here and, by redirect, to the application. */
const policyFor = (target: URL | null): string =>
  [
    "default-src 'none'",
    `style-src 'sha256-${styleHash}'`,
    `form-action 'self'${target === null ? "" : ` ${sourceOf(target)}`}`,
    "frame-ancestors 'none'",
    "base-uri 'none'"
  ].join("; ")

/** A policy cannot name an IPv6 address, so its scheme has to do. */
const sourceOf = (target: URL): string =>
  target.hostname.startsWith("[") ? target.protocol : target.origin

export const page = (
  status: number,
  heading: string,
  body: string,
  target: URL | null
): Answer => ({
  status,
  contentType: "text/html; charset=utf-8",
  headers: {
    "Cache-Control": "no-store",
    "Content-Security-Policy": policyFor(target),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY"
  },
  body: Buffer.from(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(heading)} · Partner Center simulator</title>
<style>${css}</style>
</head>
<body>
<main>
<h1>${escaped(heading)}</h1>
${body}
<p class="quiet">This is Concordat’s Partner Center simulator, not Microsoft. Its users and companies are invented.</p>
</main>
</body>
</html>
`)
})

const hidden = (name: string, value: string): string =>
  `<input type="hidden" name="${escaped(name)}" value="${escaped(value)}">`

export const button = (action: string, label: string, kind: "first" | "second" = "first"): string =>
  `<button type="submit" name="action" value="${action}"${kind === "first" ? "" : ' class="second" formnovalidate'}>${escaped(label)}</button>`

const form = (path: string, interaction: string, inside: string): string =>
  `<form method="post" action="${escaped(path)}">
${hidden("interaction", interaction)}
${inside}
</form>`

/** Which of the tenant's users signs in. Nobody has a password here. */
export const chooserPage = (
  account: Account,
  interaction: string,
  hint: string | null,
  target: URL,
  complaint: string | null
): Answer => {
  const options = account.users.map(
    (user) => `<label>
<input type="radio" name="user" value="${escaped(user.upn)}" required${user.upn === hint?.toLowerCase() ? " checked" : ""}>
<span>${escaped(user.name)}<small>${escaped(user.upn)}</small><small>${escaped(describe(user))}</small></span>
</label>`
  )
  return page(
    complaint === null ? 200 : 400,
    "Sign in",
    `<p>to continue to the application of ${escaped(account.companyName)}</p>
${complaint === null ? "" : `<p class="bad" role="alert">${escaped(complaint)}</p>\n`}${form(
  `/${account.tenantId}/login`,
  interaction,
  `<fieldset>
<legend>Choose a user</legend>
${options.join("\n")}
</fieldset>
<div class="actions">${button("continue", "Sign in")}${button("cancel", "Cancel", "second")}</div>`
)}`,
    target
  )
}

const describe = ({ roles, mfa }: User): string => {
  const names = { globalAdmin: "Global administrator", adminAgent: "Admin agent" }
  const held = roles.length === 0 ? ["No administrator"] : roles.map((role) => names[role])
  return [...held, mfa ? "with a second factor" : "without a second factor"].join(", ")
}

/** What the application may do from now on, for the whole tenant. */
export const consentPage = (
  account: Account,
  user: User,
  interaction: string,
  target: URL
): Answer =>
  page(
    200,
    "Permissions requested",
    `<p>Signed in as ${escaped(user.name)}, <strong>${escaped(user.upn)}</strong></p>
<p>The application <strong>${escaped(account.appId)}</strong> of ${escaped(account.companyName)} would like to:</p>
<ul>
<li>Use Partner Center as you</li>
<li>Sign you in and read your profile</li>
<li>Keep this access after you have closed the page</li>
</ul>
<p>If you accept, it gets these permissions for everybody in ${escaped(account.companyName)}.</p>
${form(
  `/${account.tenantId}/consent/set`,
  interaction,
  `<div class="actions">${button("accept", "Accept")}${button("cancel", "Cancel", "second")}</div>`
)}`,
    target
  )

/** This user may not go on; another one might. */
export const blockedPage = (
  account: Account,
  user: User,
  interaction: string,
  heading: string,
  refusal: Told,
  target: URL
): Answer =>
  page(
    403,
    heading,
    `<p>Signed in as ${escaped(user.name)}, <strong>${escaped(user.upn)}</strong></p>
<p role="alert">${escaped(refusal.error_description)}</p>
${form(
  `/${account.tenantId}/consent/set`,
  interaction,
  `<div class="actions">${button("switch", "Choose another user")}${button("cancel", "Return to the application", "second")}</div>`
)}`,
    target
  )

/** The request cannot be trusted with the address to return to, so the story ends here. */
export const errorPage = (refusal: Told): Answer =>
  page(
    400,
    "Sign-in is not possible",
    `<p role="alert">${escaped(refusal.error_description)}</p>
<p>Go back to the application and start again. If this comes back, the application’s settings and its registration do not fit together.</p>`,
    null
  )

/** Carries the answer to the application as a form (`response_mode=form_post`). Without script, the user sends it. */
export const formPostPage = (target: URL, parameters: ReadonlyArray<[string, string]>): Answer =>
  page(
    200,
    "Return to the application",
    `<form method="post" action="${escaped(target.href)}">
${parameters.map(([name, value]) => hidden(name, value)).join("\n")}
<div class="actions"><button type="submit">Continue</button></div>
</form>`,
    target
  )
