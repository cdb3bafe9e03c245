// TypeDoc finds no comment for the property in `return { useBalance }`. This plugin copies the comment of the function
// or variable with the property's name.
import { Converter, ReflectionKind } from 'typedoc'
import ts from 'typescript'

export function load(app) {
  app.converter.on(Converter.EVENT_CREATE_DECLARATION, (context, reflection) => {
    if (!reflection.kindOf(ReflectionKind.Property) || reflection.hasComment()) return
    const declaration = context.getSymbolFromReflection(reflection)?.declarations?.[0]
    if (!declaration || !ts.isShorthandPropertyAssignment(declaration)) return
    const value = context.checker.getShorthandAssignmentValueSymbol(declaration)
    const named = value?.declarations?.[0]
    if (!value || !named) return
    const comment = ts.isFunctionDeclaration(named)
      ? context.getSignatureComment(named)
      : context.getComment(value, ReflectionKind.Variable)
    if (comment) reflection.comment = comment
  })
}
