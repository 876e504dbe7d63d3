import { Schema } from "effect"
import { Guid } from "../instance/Guid.ts"

/**
 * The MS-RequestId of something that changes Partner Center ("Partner Center REST headers"): it stands for the act,
 * not for the attempt. Whoever acts writes it down first. After silence, a broken connection or a restart the act is
 * repeated with the same id; once Partner Center has answered, also with a refusal, the next act has another one.
 */
export const RequestId = Guid.pipe(Schema.brand("RequestId"))
export type RequestId = typeof RequestId.Type
