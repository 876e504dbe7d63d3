import { Consents } from "@concordat/core/consent/Consents"
import { keepConsentsAlive } from "@concordat/core/consent/keepConsentsAlive"
import { warnOfIdleConsents } from "@concordat/core/consent/warnOfIdleConsents"
import { Effect, Schedule } from "effect"

/** How often it is looked whether a consent is to be used; that is one small query. */
const lookEvery = "2 seconds"
/** How soon work goes on after somebody has authenticated its instance again. */
const resumeEvery = "1 second"

/**
 * Looks after the consents until the scope closes: uses each once a day, warns of those that run out all the same, and
 * lets work go on whose instance was authenticated again. Level-triggered, by what the database says: any number of
 * reconcilers may do it, and none needs to have been there when something happened.
 */
export const consents = Effect.gen(function* () {
  yield* keepConsentsAlive.pipe(
    // After the use, so that a consent that can be used is not warned of.
    Effect.andThen(warnOfIdleConsents()),
    quietly("consents were not looked after"),
    Effect.repeat(Schedule.spaced(lookEvery)),
    Effect.forkScoped
  )
  yield* Effect.flatMap(Consents, ({ resume }) => resume).pipe(
    Effect.tap((jobs) =>
      jobs > 0 ? Effect.logInfo("work goes on after a re-consent", { jobs }) : Effect.void
    ),
    quietly("waiting work was not looked for"),
    Effect.repeat(Schedule.spaced(resumeEvery)),
    Effect.forkScoped
  )
})

/** The database may be away, which the queues report; the next look makes up for this one. */
const quietly =
  (text: string) =>
  <A, E, R>(look: Effect.Effect<A, E, R>) =>
    look.pipe(
      Effect.catchDefect((defect) => Effect.logDebug(text, defect)),
      Effect.withTracerEnabled(false)
    )
