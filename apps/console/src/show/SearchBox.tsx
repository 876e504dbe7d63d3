import { TextInput } from "@mantine/core"
import { useDebouncedCallback } from "@mantine/hooks"
import { IconSearch } from "@tabler/icons-react"
import { useEffect, useRef, useState } from "react"

/** How long typing rests before the server is asked. */
const restMs = 250

/** A text by which a list is searched. What is in the address stands in it, also after the back button. */
export const SearchBox = ({
  value = "",
  onSearch,
  ...props
}: {
  readonly label: string
  readonly placeholder?: string
  readonly value: string | undefined
  readonly onSearch: (text: string | undefined) => void
}) => {
  const [text, setText] = useState(value)
  const sent = useRef(value)
  const send = useDebouncedCallback((text: string) => {
    sent.current = text
    onSearch(text === "" ? undefined : text)
  }, restMs)
  useEffect(() => {
    // Only what did not come from here: an address that was opened, or gone back to.
    if (value !== sent.current) {
      sent.current = value
      setText(value)
    }
  }, [value])
  return (
    <TextInput
      type="search"
      maxLength={200}
      leftSection={<IconSearch size={16} aria-hidden />}
      value={text}
      onChange={({ currentTarget }) => {
        setText(currentTarget.value)
        send(currentTarget.value)
      }}
      {...props}
    />
  )
}
