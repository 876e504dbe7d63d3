import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type Served, serve } from "../../api/test/serve.ts"
import { onTerminal, type RunOptions, concordat as run } from "./cli.ts"

let api: Served
beforeAll(async () => {
  api = await serve()
})
afterAll(() => api.stop())

const concordat = (args: ReadonlyArray<string>, options: RunOptions = {}) =>
  run(["catalogue", ...args], { url: api.url, key: api.admin, ...options })

/** The run of contoso-us that has not ended, as soon as there is one. */
const underWay = async (): Promise<string> => {
  for (;;) {
    const { body } = await api.call("GET", "/v1/catalogue/runs?instance=contoso-us")
    const found = body.items.find(({ status }: { status: string }) => status === "queued")
    if (found !== undefined) return found.id
  }
}

describe("catalogue update", () => {
  const update = ["update", "--instance", "contoso-us"]

  it("tells the log line by line in a pipe, and ends with 1 when the run did not come to its end", async () => {
    const { code, stderr, stdout } = await concordat(update, {
      during: async () => {
        await api.call("DELETE", `/v1/catalogue/runs/${await underWay()}`)
      }
    })
    expect([code, stdout]).toEqual([1, "The catalogue of contoso-us is as it was.\n"])
    expect(stderr).toMatch(
      /^Asked for by .+: the catalogue of US in en-US\nwarning: Cancelled; nothing was changed\.\nconcordat: Catalogue run \S+ was cancelled\.\n$/u
    )
  })

  it("shows a bar on a terminal, and whoever interrupts it cancels the run", async () => {
    const { code, stdout } = await onTerminal(["catalogue", ...update], {
      url: api.url,
      key: api.admin,
      during: async (child) => {
        await underWay()
        await new Promise<void>((resolve) => {
          const look = (chunk: Buffer) => {
            if (!chunk.toString().includes("waiting")) return
            child.stdout?.off("data", look)
            child.stdin?.write("\u0003")
            resolve()
          }
          child.stdout?.on("data", look)
        })
      }
    })
    expect(code).toBe(130)
    expect(stdout).toMatch(/contoso-us .*░{24}.* waiting/u)
    expect(stdout).toMatch(/Catalogue run \S+ is cancelled\./u)
  })

  it("of an unknown instance says where to look", async () => {
    const { code, stderr } = await concordat(["update", "--instance", "nobody"])
    expect([code, stderr]).toEqual([
      1,
      'concordat: There is no instance "nobody"; "concordat instance list" names them.\n'
    ])
  })
})

describe("what the catalogue holds", () => {
  it("products are listed, published and acknowledged together", async () => {
    const list = await concordat(["products", "--instance", "contoso-eu", "--q", "business"])
    expect(list.stdout).toMatch(
      /^CFQ7TTC0LH18:0001 +Business Basic +nce +none +yes +0\.00 EUR\nCFQ7TTC0LH18:0002 +Business Standard/mu
    )
    const bulk = ["--instance", "contoso-eu", "--q", "standard"]
    const dry = await concordat(["unpublish", ...bulk, "--dry-run"])
    expect(dry.stdout).toBe("1 products fit; 1 would be unpublished.\n")
    expect((await concordat(["unpublish", ...bulk])).stdout).toBe(
      "1 products fit; 1 were unpublished.\n"
    )
    const after = await concordat(["products", ...bulk])
    expect(after.stdout).toMatch(/Business Standard +nce +none +no /u)
    expect((await concordat(["acknowledge", ...bulk])).stdout).toBe(
      "1 products fit; 0 were acknowledged.\n"
    )
  })

  it("nothing is said in words", async () => {
    const none = await concordat(["products", "--instance", "contoso-us"])
    expect([none.code, none.stdout]).toEqual([
      0,
      'There is no such product; read the catalogue with "concordat catalogue update".\n'
    ])
  })

  it("types are listed with their policies", async () => {
    const { stdout } = await concordat(["types"])
    expect(stdout).toMatch(
      /^Microsoft Online Services \(New Commerce\) – contoso-eu +MSOnlineServicesNceProductType +unlimited +no +nothing +hours$/mu
    )
  })

  it("runs are listed, and changes of a run that is not there are not", async () => {
    const { stdout } = await concordat(["runs", "--instance", "contoso-us"])
    expect(stdout).toMatch(/ contoso-us +\d{4}-\d\d-\d\d \d\d:\d\d +cancelled +0 +0 +0 +0$/mu)
    const unknown = "0a1b2c3d-0000-4000-8000-00000000dead"
    expect((await concordat(["changes", unknown])).stderr).toBe(
      `concordat: There is no catalogue run ${unknown}; "concordat catalogue runs" names them.\n`
    )
  })
})
