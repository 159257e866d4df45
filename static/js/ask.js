/* Asks for a part of a page, and returns its text; null without one: there is no network, or an error, or the answer
   leads to another page, as to the one to sign in. That is for people: what it says once would be lost here. */
window.askFor = async (address, part, how = {}) => {
  try {
    const answer = await fetch(address, {
      credentials: "same-origin", headers: { "X-Part": part }, redirect: "manual", ...how,
    });
    return answer.ok ? await answer.text() : null;
  } catch {
    return null;
  }
};
