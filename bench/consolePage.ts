import type { CDPSession, Page } from "playwright-core"

/** Kept in a page from its beginning: when somebody did something last, and when something was shown last. */
interface Watch {
  actedAt: number
  shownAt: number
}

declare global {
  var benchWatch: Watch
}

/** For `addInitScript`: runs in the page. */
export const watch = (): void => {
  performance.setResourceTimingBufferSize(20_000)
  const watch = { actedAt: 0, shownAt: 0 }
  globalThis.benchWatch = watch
  for (const type of ["pointerdown", "click", "keydown", "input"])
    addEventListener(
      type,
      (event) => {
        if (event.isTrusted) watch.actedAt = event.timeStamp
      },
      true
    )
  new MutationObserver(() => {
    watch.shownAt = performance.now()
  }).observe(document, { subtree: true, childList: true, characterData: true, attributes: true })
}

/**
 * The milliseconds from the last key or click of `act` until what it asked the API for is on the screen, by the page's
 * own clock: the answer has come, the page has changed, and a frame has been drawn.
 */
export const timeOf = async (
  page: Page,
  asked: string,
  act: () => Promise<unknown>
): Promise<number> => {
  const since = await page.evaluate(() => performance.now())
  await act()
  return page.evaluate(
    async ({ asked, since }) => {
      const frame = () => new Promise<number>((resolve) => requestAnimationFrame(resolve))
      const end = performance.now() + 20_000
      while (performance.now() < end) {
        await frame()
        const answered = performance
          .getEntriesByType("resource")
          .filter(({ name, startTime }) => startTime >= since && name.includes(asked))
          .map((entry) => (entry instanceof PerformanceResourceTiming ? entry.responseEnd : 0))
        const last = Math.max(0, ...answered)
        const { actedAt, shownAt } = globalThis.benchWatch
        if (last === 0 || shownAt < last) continue
        // Whatever follows at once still belongs to it.
        if (performance.now() - shownAt < 60) continue
        return shownAt - actedAt
      }
      throw new Error(`nothing new was shown for ${asked}`)
    },
    { asked, since }
  )
}

/** Bytes in use by scripts, after everything that can be collected was. */
export const heapOf = async (session: CDPSession): Promise<number> => {
  for (let round = 0; round < 3; round++) await session.send("HeapProfiler.collectGarbage")
  const { usedSize } = await session.send("Runtime.getHeapUsage")
  return usedSize
}
