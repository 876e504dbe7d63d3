import { AcceptanceId } from "@concordat/core/agreement/Acceptance"
import { InstanceName } from "@concordat/core/instance/Instance"
import { type Job, JobId, type JobState, JobSubject } from "@concordat/core/job/Job"
import { discardRefusal, retryRefusal } from "@concordat/core/job/refusals"
import { Instant } from "@concordat/core/time/Instant"
import { describe, expect, it } from "vitest"

const id = "0a1b2c3d-0000-4000-8000-00000000abcd"
const job = (state: JobState, given: Partial<Job> = {}): Job => ({
  id: JobId.make(id),
  kind: "send-acceptance",
  state,
  subject: JobSubject.cases.Unknown.make({}),
  about: null,
  instance: InstanceName.make("contoso-eu"),
  accountId: null,
  needed: true,
  attempts: 0,
  attemptsMax: 9,
  reason: null,
  createdAt: Instant.make(0),
  failedAt: null,
  nextAttemptAt: null,
  startedAt: null,
  ...given
})
const acceptance = JobSubject.cases.Acceptance.make({ acceptanceId: AcceptanceId.make(id) })

describe("a job", () => {
  it.each<[JobState, boolean, RegExp | null]>([
    // state   needed  refused with
    ["due", true, null],
    ["delayed", true, null],
    ["failed", true, null],
    ["running", true, /at work/u],
    ["running", false, /at work/u],
    ["parked", true, /until contoso-eu is authenticated/u],
    ["due", false, /has ended/u],
    ["parked", false, /has ended/u],
    ["failed", false, /has ended/u]
  ])("that is %s (needed: %s) is tried unless %s", (state, needed, refused) => {
    const refusal = retryRefusal(job(state, { needed }))
    if (refused === null) expect(refusal).toBeNull()
    else expect(refusal).toMatch(refused)
  })

  it.each<[JobState, boolean]>([
    ["due", true],
    ["delayed", true],
    ["parked", true],
    ["failed", true],
    ["failed", false]
  ])("that is %s (needed: %s) can be taken away", (state, needed) => {
    expect(discardRefusal(job(state, { needed }))).toBeNull()
  })

  it("that is at work cannot be taken away", () => {
    expect(discardRefusal(job("running"))).toMatch(/cannot be taken back/u)
  })

  it("that tells Microsoft of an acceptance cannot be taken away while Microsoft does not know", () => {
    expect(discardRefusal(job("failed", { subject: acceptance }))).toMatch(/must be told/u)
    expect(discardRefusal(job("failed", { subject: acceptance, needed: false }))).toBeNull()
  })
})
