-- Weighs a shop; one that is named like a hostile function gets what that does (tests/integration/test_formulas.c).
local hostile = {}
function hostile.endless() while true do end end
function hostile.memory() local t = {} for i = 1, 1000000000 do t[i] = 'x' .. i end end
function hostile.text() local s = 'x' while true do s = s .. s end end
function hostile.deep() return 1 + hostile.deep() end

function weigh(nick, price)
  if hostile[nick] then return hostile[nick]() end
  return price * 3
end
