"""Sentences that the voices say: everyday English, in which each sound follows many others."""

SENTENCES = tuple(
    """
Please bring my baby a very big map, the moon is full tonight.
The old man put a bowl of hot soup on the table by the window.
Nobody remembers who opened the door in the middle of the night.
She sells fresh bread and butter at the market every Friday.
We watched the waves break over the long black rocks.
Five yellow birds flew above the roof of the empty house.
Would you mind moving your chair a little further back?
The judge asked a simple question and nobody knew the answer.
Paper boats float down the river past the broken bridge.
I thought that both of them would be here by now.
Choose a shoe that fits, and walk around the shop in it.
My brother plays the bass in a very loud band.
Rain fell on the garden all through the afternoon.
They gave him a thick leather jacket and a pair of gloves.
What a beautiful voice you have when you are not afraid!
The teacher wrote three words on the board and left.
A purple curtain hung in front of the stage.
Maybe we should leave before the people come home.
The children jumped over puddles on their way to school.
Look at the pictures, then tell me what you see.
Good evening, ladies and gentlemen, and welcome to the show.
Nothing in this room is older than the piano.
Thomas pushed the heavy box up the stairs by himself.
The apple fell from the tree and rolled into the grass.
How many beans are there in this bag, and who counted them?
Zebras and giraffes drink from the same shallow pool.
The engine stopped, and for a moment it was very quiet.
Put the blue cup beside the brown one, please.
He would rather read a book than go to the cinema.
Each of us hears music in a different way.
The mayor promised to build a bigger park by spring.
Water boils faster when the pot has a lid.
Her mother makes the best plum jam in the village.
Few people know how to whistle with two fingers.
The ship vanished in the fog before we could wave.
An early bus takes them to the factory by the bay.
You must breathe slowly and keep both hands still.
Shall we measure the usual room or the other one?
The fire was warm, and the dog slept beside it.
He bought a cheap umbrella, and it broke within the hour.
I am a face that nobody was born with.
Open your mouth, close your eyes, and say ah.
Peter and Barbara met by accident at a museum.
The wolf looked up and howled at the pale moon.
Vera never gave five very vivid views of the valley.
The thin thief thought of three thousand other things.
Mix the flour with milk, sugar and a pinch of salt.
Some days are long, some nights are longer.
The boy at the back of the bus began to hum.
Bob made up a poem about a bumblebee.
We have to be quiet, or else they will find us.
Why does the mirror show me somebody else?
A small green frog sat on the leaf and did not move.
Her new job begins on the first of May.
Both wheels of the wagon turned in the wet sand.
Ask your father whether the cake is ready.
The power failed, so we lit candles and sang.
She pulled the rope until the bell began to ring.
There is a hole in the bucket, and water drips from it.
Mary and Paul may be among the members of the club.
The photograph shows a crowd of people in front of the opera.
Under the bridge, voices echo for a long time.
He shrugged, smiled, and went on with his work.
Every actor knows the fear of an empty page.
Put up a poster by the pub, and people will come.
The lamp above the map makes a lovely pattern.
Go on, laugh, you know that you want to.
Sixty-six thick thistle sticks lay in the field.
The doctor told her to rest for another week.
Who would have thought that a machine could yawn?
Move over, please, I am about to fall off.
Silver fish swam between the shadows of the weeds.
Jump up, clap your hands, and turn around.
My phone is broken, may I borrow yours?
The bear climbed up the tree to reach the honey.
They walked home in the snow without a word.
Beyond the border there is nothing but desert.
It was a cold, bright day, and the clocks were striking.
I wonder if the person on the screen can hear me.
The butcher, the baker and the plumber share a van.
Pass me the pepper and the basil, would you?
Our voices rise and fall like the tide.
The queen ate nothing but strawberries and cream.
Slow down, there is a sharp turn ahead.
The choir practised for months before the first concert.
Do not believe a word of what that poster says.
Oil the hinges, or the gate will squeak again.
Above the clouds, the sun is always shining.
A wise owl lived in an oak behind the barn.
Remember to bring a pump, a map and some bread.
""".strip().splitlines()
)
# Said by voices that are held back, so that neither the voice nor the words are known.
HELD_OUT = tuple(
    """
The north wind blew as hard as it could, but the traveller pulled his coat around him.
Maybe Pam will bring a pumpkin pie to the picnic by the pond.
When the orchestra stopped, you could hear people breathe.
He opened his mouth, but no sound came out.
The bottom of the boat was covered with mud and moss.
Give me back my umbrella before it begins to rain.
Thousands of small lamps were burning along the shore.
She moved to a village where everybody knew her name.
I will be there by five, or I will call you.
The youngest of them shook his head and laughed.
A mouse ran over the floor and vanished below the stove.
We all thought it was a joke until the lights went out.
Bees and wasps were buzzing above the bowl of fruit.
What do you want me to say in front of all these faces?
The museum will be empty, and the doors will be open.
""".strip().splitlines()
)
