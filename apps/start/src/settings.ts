import { Config } from "effect"

/** What `npm start` reads from the environment or `.env`; the apps read the rest themselves. */
export const settings = Config.all({
  apiHost: Config.String("CONCORDAT_API_HOST").pipe(Config.withDefault("127.0.0.1")),
  apiPort: Config.Port("CONCORDAT_API_PORT").pipe(Config.withDefault(3000)),
  simulatorHost: Config.String("SIMULATOR_HOST").pipe(Config.withDefault("127.0.0.1")),
  simulatorPort: Config.Port("SIMULATOR_PORT").pipe(Config.withDefault(4500)),
  /** `off` starts without simulator and demo book: for work with a real Partner Center. */
  demo: Config.Literals(["on", "off"], "CONCORDAT_DEMO").pipe(Config.withDefault("on"))
})
