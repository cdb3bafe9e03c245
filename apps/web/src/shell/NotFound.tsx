import { LinkButton } from '../parts/LinkButton.tsx'
import { Screen } from '../parts/Screen.tsx'

export function NotFound() {
  return (
    <Screen title="There is nothing here" lead="The address may be mistyped, or the page has moved.">
      <LinkButton to="/">Back to Studio</LinkButton>
    </Screen>
  )
}
