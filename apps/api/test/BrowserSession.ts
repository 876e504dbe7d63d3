import { type Answer, type Ask, clientOf } from "./client.ts"
import { passwordOf, type Served } from "./serve.ts"

/** A browser with one page of ours open: it keeps the cookie, and its page knows the session's token. */
export const openBrowser = ({ url }: Pick<Served, "url">) => {
  const call = clientOf(url, "")
  let cookie = ""
  let csrfToken = ""
  const send = async (method: string, path: string, ask: Ask = {}): Promise<Answer> => {
    const answer = await call(method, path, {
      ...ask,
      headers: {
        ...(cookie === "" ? {} : { cookie }),
        ...(method === "GET" ? {} : { origin: url, "x-csrf-token": csrfToken }),
        ...ask.headers
      }
    })
    const given = answer.headers.getSetCookie().map((text) => text.split(";")[0] ?? "")
    for (const text of given) cookie = text.endsWith("=") ? "" : text
    return answer
  }
  return {
    send,
    cookie: () => cookie,
    csrfToken: () => csrfToken,
    /** As somebody else who has got hold of it. */
    plant: (text: string) => {
      cookie = text
    },
    signIn: async (name: string, password = passwordOf(name)): Promise<Answer> => {
      const answer = await send("POST", "/v1/session", { body: { name, password } })
      csrfToken = answer.body?.csrfToken ?? csrfToken
      return answer
    }
  }
}
