/** A dated snapshot or the `latest` alias of the same model is the model that was asked for. */
const SAME_MODEL = /^-(latest|\d{4}-\d{2}-\d{2}|\d{4,8})$/;

/** Whether an answer names the model that was asked, a route prefix and letter case apart. */
export function isSameModel(asked: string, reported: string): boolean {
  if (asked === reported) return true;
  const [a, b] = [bare(asked), bare(reported)];
  if (a === b) return true;
  return isAlias(a, b) || isAlias(b, a);
}

const bare = (name: string) => name.slice(name.lastIndexOf('/') + 1).toLowerCase();

function isAlias(name: string, longer: string): boolean {
  return longer.startsWith(name) && SAME_MODEL.test(longer.slice(name.length));
}
