/** A text of somebody else without the secret that we sent them, in case they repeat it. */
export const hide = (text: string, secret: string): string =>
  secret === ""
    ? text
    : text.replaceAll(secret, "<hidden>").replaceAll(encodeURIComponent(secret), "<hidden>")
