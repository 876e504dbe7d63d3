/** A control operation that cannot be done as asked. The message says what to do instead. */
export class ControlRefusal extends Error {
  readonly status: 400 | 404 | 409
  readonly slug: string
  readonly field: string | undefined

  constructor(status: 400 | 404 | 409, slug: string, message: string, field?: string) {
    super(message)
    this.status = status
    this.slug = slug
    this.field = field
  }
}
