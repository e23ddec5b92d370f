// A new element in a parent, with a class and a text where they are given. Put before the scripts that use it.
function el(parent, tag, className, text) {
  const node = document.createElement(tag)
  if (className) node.className = className
  if (text !== undefined) node.textContent = text
  parent?.append(node)
  return node
}
