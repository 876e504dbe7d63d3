import { Context, Schema, type Stream } from "effect"

/** A line of a file as text, cell by cell; the first one is the header. Blank lines are left out. */
export interface SheetRecord {
  /** Where the line begins, the first of the file being 1. */
  readonly line: number
  readonly cells: ReadonlyArray<string>
}

/** The file cannot be read on as a sheet, with what to do about it. */
export class SheetUnreadable extends Schema.TaggedError<SheetUnreadable>()("SheetUnreadable", {
  text: Schema.String,
  /** Where reading stopped; 0 when it is about the file as a whole. */
  line: Schema.Int
}) {
  override get message(): string {
    return this.line === 0 ? this.text : `Line ${this.line}: ${this.text}`
  }
}

/** Price sheets as files: CSV, or a zip with one CSV in it. What the lines mean is for the core to say. */
export class PriceSheetFiles extends Context.Service<
  PriceSheetFiles,
  {
    /**
     * The lines of a file, some at a time, as the bytes come in; only a few of them are ever held. However the bytes are
     * cut into pieces, the lines are the same.
     */
    readonly read: <E>(
      bytes: Stream.Stream<Uint8Array, E>
    ) => Stream.Stream<ReadonlyArray<SheetRecord>, E | SheetUnreadable>
  }
>()("core/pricesheet/PriceSheetFiles") {}
